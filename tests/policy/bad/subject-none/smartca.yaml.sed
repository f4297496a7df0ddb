/name: person-sign/,/validity:/{/^    subject:/,/serialNumber/{s/^    subject:.*/    subject: []/;t;d}}
