/^  - name: person-sign/,/^  - name: organisation/{/^    key-usage/d}
