"""One file per outside format; each checks what it reads and yields clips or arrays in the HandX form."""
