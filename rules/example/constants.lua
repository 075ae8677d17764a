-- SPDX-License-Identifier: Apache-2.0
-- What a State sets; rules read it as `pack`.
return {
  days = 90,
}
