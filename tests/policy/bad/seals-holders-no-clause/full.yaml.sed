s/, clause: "holder rule"}/}/
