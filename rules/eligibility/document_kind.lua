-- SPDX-License-Identifier: Apache-2.0
-- Kinds of document and issuers that this lane takes.
return function(crossing)
  local document = crossing.document
  if not has(pack.document_codes, document.document_code) then
    return "refer", "eligibility.document_kind", "ineligible", document.document_code
  end
  local issuer = document.issuer
  if not has(pack.free_movement, issuer) and not has(pack.visa_free, issuer) then
    return "refer", "eligibility.issuer", "ineligible", issuer
  end
end
