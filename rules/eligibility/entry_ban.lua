-- SPDX-License-Identifier: Apache-2.0
-- A ban on entry that is in force stops a third-country national until an officer has looked. Where a State wants bans looked
-- up, a centre that keeps none refers as one does that is away.
return function(crossing)
  if crossing.direction == "exit" or has(pack.free_movement, crossing.document.nationality) then
    return
  end
  local result = crossing.bans_result
  if result == "not_performed" and not pack.bans_required then
    return
  end
  if result ~= "successful" then
    return "refer", "eligibility.bans_unknown", "ineligible"
  end
  for _, ban in ipairs(crossing.bans) do
    -- An end that is not known has not come.
    if date.within(crossing.reference_date, nil, ban.valid_until) ~= false then
      return "stop", "eligibility.entry_ban", "database_hit", ban.issuer
    end
  end
end
