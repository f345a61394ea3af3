// Package attack attacks the real programs as a hostile client would, and measures what
// each attack costs its victim:
//
//	attackers ──▶ admin ──▶ Postgres        one row for each attack: CPU, peak memory,
//	          ──▶ reader ◀── Redis ◀── worker   time, status and size, beside its budget
//	bystander ──▶ admin, reader             has to be served throughout
//
// The budgets, for one process:
//
//   - A single request costs at most 1 s of CPU and 64 MiB, whoever sends it.
//   - An upload of 10 MiB by a user with write access costs at most 3 s and 256 MiB.
//   - A flood costs at most the memory in its row. The bystander is served during and
//     after it, and the process recovers without a restart.
//
// An attack is also over budget if the victim exits, answers 500, or leaves the bystander
// unserved. The victims run under a limit of 4 GiB of address space, so that a bug kills a
// process and not the machine.
//
// CPU is the user and system time of the victim's process, from /proc/pid/stat. Memory is
// how far VmHWM, reset before the attack, rises above the resident memory before it. A
// victim that has grown since its start is restarted before the next measurement: memory
// that Go has freed but not yet returned would hide what an attack uses.
//
// make attack runs all of it. make prove runs a short form. It asserts the same budgets,
// with slack for a busy machine, and never asserts elapsed time.
package attack
