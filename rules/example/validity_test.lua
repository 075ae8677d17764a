-- SPDX-License-Identifier: Apache-2.0
local function days(n)
  return { document = { days_to_expiry = n } }
end
local soon = { "refer", "example.expires_soon", "expired_document", 90 }
return {
  { name = "90 days left", facts = days(90), expect = "clear" },
  { name = "89 days left", facts = days(89), expect = soon },
  { name = "expiry unknown", facts = days(-2147483648), expect = soon },
}
