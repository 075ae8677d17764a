-- SPDX-License-Identifier: Apache-2.0
-- A crossing that every rule lets pass. The cases of every rule change what they test.
return {
  direction = "entry",
  document = { document_code = "P", issuer = "NOR", days_to_expiry = 1000 },
}
