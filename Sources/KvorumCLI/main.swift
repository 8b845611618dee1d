print("kvorum")
