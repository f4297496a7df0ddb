s/bits: \[keyEncipherment/bits: [digitalSignature, keyEncipherment/
