/* Puts files of data/ into the program and defines what data/embedded.h says of them. The build gives the assembler
 * the folder of the sources. */

.macro embed symbol, name, path
        .section .rodata
\symbol\()_name:
        .asciz "\name"
        .balign 16
\symbol\()_begin:
        .incbin "\path"
\symbol\()_end:
        .byte 0
        .section .data.rel.ro, "aw"
        .balign 8
        .globl \symbol
        .type \symbol, %object
\symbol:
        .quad \symbol\()_name, \symbol\()_begin, \symbol\()_end - \symbol\()_begin
        .size \symbol, . - \symbol
.endm

        embed qr_embedded_features, "features.json", "data/features.json"
        embed qr_embedded_first, "first.json", "data/first.json"
        embed qr_embedded_second, "second.json", "data/second.json"
        embed qr_embedded_baseline, "baseline.csv", "data/baseline.csv"
        embed qr_embedded_reference, "reference.csv", "data/reference.csv"
        embed qr_embedded_network, "network.csv", "data/network.csv"

        .section .note.GNU-stack, "", %progbits
