s/role: review, certificate: sm2/role: clerk, certificate: sm2/
