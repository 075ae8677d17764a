-- SPDX-License-Identifier: Apache-2.0
-- A passport booklet whose chip does not answer, where the lane reads chips. The chip's own results are eligibility's.
return function(crossing)
  if crossing.chip_result == "aborted" and has(pack.formats_with_chip, crossing.document.format) then
    return "refer", "risk.chip_silent", "chip_failure"
  end
end
