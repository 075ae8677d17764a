-- SPDX-License-Identifier: Apache-2.0
-- What a State sets; rules read it as `pack`.
return {
  window_days = 30,     -- looked back from the reference date
  entries_in_window = 6, -- as many entries are looked at by an officer
  doubts = 2,           -- checks that ended undetermined
  formats_with_chip = { "td3" },
}
