print("extbackup")
