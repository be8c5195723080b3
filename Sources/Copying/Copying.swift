// Copying
