-- SPDX-License-Identifier: Apache-2.0
local function chip(format, result)
  return { document = { format = format }, chip_result = result }
end
return {
  { name = "chip read", facts = chip("td3", "successful"), expect = "clear" },
  { name = "lane without chips", facts = chip("td3", "not_performed"), expect = "clear" },
  { name = "silent chip", facts = chip("td3", "aborted"), expect = { "refer", "risk.chip_silent", "chip_failure" } },
  { name = "a card", facts = chip("td1", "aborted"), expect = "clear" },
}
