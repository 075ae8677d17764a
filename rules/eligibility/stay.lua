-- SPDX-License-Identifier: Apache-2.0
-- Third-country nationals: 90 days in any 180, looking back from today (Schengen Borders Code, Article 6). Entry and exit
-- days count; days on a long-stay visa or a residence permit do not, and who has one that is good today is not limited. A
-- bilateral agreement may give more days, a visa fewer. Nobody is turned away here: who has stayed too long is referred.
local long = { "long_stay_visa", "residence" }

-- What a permit that is good today makes of the limit; nil: none.
local function limit_by_permits(crossing, limit)
  if crossing.permits_result ~= "successful" then
    return limit
  end
  for _, permit in ipairs(crossing.permits) do
    if date.within(crossing.reference_date, permit.valid_from, permit.valid_until) then
      if has(long, permit.kind) then
        return nil
      elseif permit.kind == "short_stay_visa" and permit.stay_days > 0 then
        limit = math.min(limit, permit.stay_days)
      end
    end
  end
  return limit
end

return function(crossing)
  local nationality = crossing.document.nationality
  if has(pack.free_movement, nationality) then
    return
  end
  if not has(pack.visa_free, nationality) and crossing.permits_result ~= "successful" then
    return -- the rule permit refers
  end
  local limit = limit_by_permits(crossing, pack.bilateral_limit_days[nationality] or pack.stay_limit_days)
  if limit == nil then
    return
  end
  if crossing.history_result ~= "successful" then
    return "refer", "eligibility.history_unknown", "ineligible"
  end
  -- Who comes in is not inside: a stay without an exit is a record that lacks something.
  if crossing.direction ~= "exit" and stay.open(crossing.stays) > 0 then
    return "refer", "eligibility.stay_not_closed", "ineligible"
  end
  local left = stay.days_left(crossing.stays, crossing.reference_date, limit)
  if left == nil then
    return "refer", "eligibility.history_unknown", "ineligible"
  end
  if left < 1 then
    return "refer", "eligibility.stay_exceeded", "overstay", limit
  end
end
