-- SPDX-License-Identifier: Apache-2.0
local function one(result, reason)
  return { checks = { { name = "a", result = "successful" }, { name = "b", result = result, reason = reason } } }
end
local function refer(result)
  return { "refer", "eligibility.check_" .. result, "document_check_failure", "b" }
end
return {
  { name = "all successful", facts = {}, expect = "clear" },
  { name = "a remark is no doubt", facts = one("successful", "mrz.name_single"), expect = "clear" },
  { name = "failed", facts = one("failed", "mrz.check_digit"), expect = refer("failed") },
  { name = "undetermined", facts = one("undetermined", "mrz.date_unknown"), expect = refer("undetermined") },
  { name = "aborted", facts = one("aborted", "mrz.invalid_character"), expect = refer("aborted") },
  { name = "the format has no such check", facts = one("not_performed", "mrz.not_in_format"), expect = "clear" },
  { name = "not performed for another reason", facts = one("not_performed", "mrz.structure"),
    expect = refer("not_performed") },
  { name = "result not said", facts = one("unspecified"), expect = refer("unspecified") },
  { name = "no check at all", facts = { checks = {} },
    expect = { "refer", "eligibility.no_checks", "document_check_failure" } },
}
