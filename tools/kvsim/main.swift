print("kvsim")
