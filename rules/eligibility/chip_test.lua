-- SPDX-License-Identifier: Apache-2.0
local function chip(result, ...)
  local checks = { { name = "pa.sod", result = "successful" }, { name = "pa.com", result = "not_performed" } }
  local results = { ... }
  for i = 1, #results do
    checks[#checks + 1] = { name = "check." .. i, result = results[i] }
  end
  return { chip_result = result, chip_checks = checks }
end
local function refer(result, name)
  return { "refer", "eligibility.chip_" .. result, "document_check_failure", name }
end
local function unread(name, reason)
  return { chip_result = "undetermined", chip_checks = { { name = name, result = "undetermined", reason = reason } } }
end
return {
  { name = "the lane reads no chips", facts = { chip_result = "not_performed", chip_checks = {} }, expect = "clear" },
  { name = "all is well", facts = chip("successful", "successful", "not_performed"), expect = "clear" },
  { name = "failed", facts = chip("failed", "failed"), expect = refer("failed", "check.1") },
  { name = "failed leads before what came first", facts = chip("failed", "undetermined", "aborted", "failed", "failed"),
    expect = refer("failed", "check.3") },
  { name = "aborted leads before undetermined", facts = chip("aborted", "undetermined", "aborted"),
    expect = refer("aborted", "check.2") },
  { name = "undetermined", facts = chip("undetermined", "successful", "undetermined"),
    expect = refer("undetermined", "check.2") },
  { name = "undetermined by what was not made", facts = chip("undetermined", "not_performed"),
    expect = { "refer", "eligibility.chip_undetermined", "document_check_failure" } },
  { name = "no chip", facts = unread("chip.read", "chip.none"),
    expect = { "refer", "eligibility.chip_not_read", "non_emrtd", "chip.none" } },
  { name = "the chip was too slow", facts = unread("chip.read", "chip.late"),
    expect = { "refer", "eligibility.chip_not_read", "chip_failure", "chip.late" } },
  { name = "the reader did not answer", facts = unread("chip.read", "chip.no_answer"),
    expect = { "refer", "eligibility.chip_not_read", "system_malfunction", "chip.no_answer" } },
  { name = "nobody inspected it", facts = unread("chip.inspection", "chip.no_answer"),
    expect = { "refer", "eligibility.chip_not_read", "system_malfunction", "chip.no_answer" } },
  { name = "nothing is said of it", facts = { chip_result = "undetermined", chip_checks = {} },
    expect = { "refer", "eligibility.chip_undetermined", "document_check_failure" } },
  { name = "result not said", facts = { chip_result = "unspecified", chip_checks = {} },
    expect = { "refer", "eligibility.chip_unspecified", "document_check_failure" } },
}
