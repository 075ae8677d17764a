-- SPDX-License-Identifier: Apache-2.0
local function days(n)
  return { document = { days_to_expiry = n } }
end
local expired = { "refer", "eligibility.document_expired", "expired_document" }
return {
  { name = "years left", facts = days(1000), expect = "clear" },
  { name = "the last day", facts = days(0), expect = "clear" },
  { name = "expired yesterday", facts = days(-1), expect = expired },
  { name = "expiry unknown counts as long expired", facts = days(-2147483648), expect = expired },
}
