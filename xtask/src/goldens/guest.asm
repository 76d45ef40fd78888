; A boot sector that shows a picture for the encodings of QEMU's server: one colour, two colours, few, many.
;
; 320x200 with 256 colours of the palette that the BIOS sets.
bits 16
org 0x7c00

start:
    mov ax, 0x0013
    int 0x10
    mov ax, 0xa000
    mov es, ax
    xor di, di
    xor bx, bx                  ; y
row:
    xor cx, cx                  ; x
pixel:
    mov al, 9                   ; the first quarter: one colour
    cmp cx, 80
    jb draw
    mov ax, cx                  ; the second: two colours
    xor ax, bx
    shr ax, 2
    and al, 1
    neg al
    and al, 15
    cmp cx, 160
    jb draw
    mov ax, bx                  ; the third: sixteen, in stripes
    shr ax, 3
    and al, 15
    add al, 32
    cmp cx, 240
    jb draw
    mov ax, cx                  ; the last: all of them
    imul ax, bx
    shr ax, 4
draw:
    stosb
    inc cx
    cmp cx, 320
    jb pixel
    inc bx
    cmp bx, 200
    jb row
stop:
    hlt
    jmp stop

times 510 - ($ - $$) db 0
dw 0xaa55
