s/bits: \[digitalSignature\]/bits: [digitalSignature, keyAgreement]/
