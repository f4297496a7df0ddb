0,/military-id, required: true, /s//military-id, /
