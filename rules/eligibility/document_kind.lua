-- SPDX-License-Identifier: Apache-2.0
-- Kinds of document and issuers that this lane takes.
return function(crossing)
  local code = crossing.document.document_code
  if not has(pack.document_codes, code) then
    return "refer", "eligibility.document_kind", "ineligible", code
  end
  local issuer = crossing.document.issuer
  if not has(pack.free_movement, issuer) and not has(pack.visa_free, issuer) and not has(pack.permit_issuers, issuer) then
    return "refer", "eligibility.issuer", "ineligible", issuer
  end
end
