s/- name: person$/- name: electronic-seal/
