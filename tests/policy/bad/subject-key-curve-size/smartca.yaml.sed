0,/{kind: p384}/s//{kind: p384, min-bits: 256}/
