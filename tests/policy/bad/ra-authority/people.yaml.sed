s/authority: netca/authority: nobody/
