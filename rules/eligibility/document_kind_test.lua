-- SPDX-License-Identifier: Apache-2.0
return {
  { name = "issuer with a permit", facts = { document = { issuer = "RKS" } }, expect = "clear" },
  { name = "passport of the own State", facts = {}, expect = "clear" },
  { name = "identity card under free movement", facts = { document = { document_code = "ID", issuer = "D" } },
    expect = "clear" },
  { name = "passport of a visa-free country", facts = { document = { issuer = "JPN" } }, expect = "clear" },
  { name = "visa as the document", facts = { document = { document_code = "V" } },
    expect = { "refer", "eligibility.document_kind", "ineligible", "V" } },
  { name = "no document code", facts = { document = { document_code = "" } },
    expect = { "refer", "eligibility.document_kind", "ineligible", "" } },
  { name = "issuer that the lane does not take", facts = { document = { issuer = "UTO" } },
    expect = { "refer", "eligibility.issuer", "ineligible", "UTO" } },
  { name = "no issuer", facts = { document = { issuer = "" } },
    expect = { "refer", "eligibility.issuer", "ineligible", "" } },
}
