/^  - name: organisation-sign/,${s/period: 1y/period: 1z/}
