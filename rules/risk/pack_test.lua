-- SPDX-License-Identifier: Apache-2.0
-- The whole pack: which finding leads.
return {
  { name = "nothing found", facts = {}, expect = "clear" },
  { name = "doubts lead before the silent chip",
    facts = { chip_result = "aborted", checks = { { name = "a", result = "undetermined" }, { name = "b", result = "undetermined" } } },
    expect = { "refer", "risk.repeated_doubts", "document_check_failure", 2 } },
}
