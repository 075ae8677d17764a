-- SPDX-License-Identifier: Apache-2.0
-- Third-country nationals: 90 days in any 180, looking back from today (Schengen Borders Code, Article 6). Entry and exit
-- days count. Nobody is turned away here: who has stayed too long is referred.
return function(crossing)
  local nationality = crossing.document.nationality
  if has(pack.free_movement, nationality) then
    return
  end
  if not has(pack.visa_free, nationality) then
    return "refer", "eligibility.visa_required", "ineligible", nationality
  end
  if crossing.history_result ~= "successful" then
    return "refer", "eligibility.history_unknown", "ineligible"
  end
  -- Who comes in is not inside: a stay without an exit is a record that lacks something.
  if crossing.direction ~= "exit" and stay.open(crossing.stays) > 0 then
    return "refer", "eligibility.stay_not_closed", "ineligible"
  end
  local left = stay.days_left(crossing.stays, crossing.reference_date, pack.stay_limit_days)
  if left == nil then
    return "refer", "eligibility.history_unknown", "ineligible"
  end
  if left < 1 then
    return "refer", "eligibility.stay_exceeded", "overstay", pack.stay_limit_days
  end
end
