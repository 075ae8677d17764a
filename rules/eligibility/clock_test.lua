-- SPDX-License-Identifier: Apache-2.0
local unknown = { "refer", "eligibility.clock_unknown", "clock" }
return {
  { name = "synchronised", facts = {}, expect = "clear" },
  { name = "holdover", facts = { clock_quality = "holdover" }, expect = "clear" },
  { name = "asserted by the operator", facts = { clock_quality = "operator_asserted" }, expect = "clear" },
  { name = "unknown", facts = { clock_quality = "unknown" }, expect = unknown },
  { name = "not said", facts = { clock_quality = "unspecified" }, expect = unknown },
}
