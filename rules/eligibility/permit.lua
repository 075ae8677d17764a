-- SPDX-License-Identifier: Apache-2.0
-- Who needs a visa or a permit must have one that is good today, by what the centre knows. A centre that keeps none leaves that
-- to an officer, and so does one that could not be asked.
return function(crossing)
  local nationality = crossing.document.nationality
  if has(pack.free_movement, nationality) or has(pack.visa_free, nationality) then
    return
  end
  local result = crossing.permits_result
  if result ~= "successful" and result ~= "not_performed" then
    return "refer", "eligibility.permits_unknown", "ineligible"
  end
  local has_been, used_up = false, false
  for _, permit in ipairs(crossing.permits) do
    if result == "successful" and has(pack.permit_kinds, permit.kind) then
      local good = date.within(crossing.reference_date, permit.valid_from, permit.valid_until)
      if good == nil or permit.valid_until == nil then
        return "refer", "eligibility.permits_unknown", "ineligible"
      end
      local any = crossing.direction == "exit" or permit.entries_allowed == 0
      if good and (any or permit.entries_used < permit.entries_allowed) then
        return
      end
      used_up = used_up or good
      has_been = true
    end
  end
  if used_up then
    return "refer", "eligibility.entries_used_up", "ineligible"
  elseif has_been then
    return "refer", "eligibility.permit_not_valid", "ineligible"
  end
  return "refer", "eligibility.visa_required", "ineligible", nationality
end
