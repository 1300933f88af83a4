"""Stories prove meaning, as chaos proves delivery: who may tell, who must be told, who must not.

A generator makes true stories of persons and tells them as networks do. A judge, written from
SFS 2017:612, knows the truth and reads only what each party got, which answers each sender got,
and what stands before persons. Generator and judge have their own bytes and parsers; only
`stories.rig` imports the adapter. Run it with `make stories N=… SEED=…`.
"""
