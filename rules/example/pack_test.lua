-- SPDX-License-Identifier: Apache-2.0
-- The whole pack: which finding leads.
return {
  { name = "nothing found", facts = {}, expect = "clear" },
}
