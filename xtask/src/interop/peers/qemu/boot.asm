; A boot sector that shows a picture of many colours and sends what is typed to the debug console. The picture is
; another one after each Return. All the while its speaker sounds 440 Hz.
;
; 640x480 with 32 bits a pixel (VBE through BIOS, banks of 64 KiB): red from x, green from y, blue from both.
bits 16
org 0x7c00

start:
    xor ax, ax
    mov ds, ax
    mov ss, ax
    mov sp, 0x7c00
    mov al, 0xb6                ; the timer's channel 2: a square wave
    out 0x43, al
    mov ax, 2712                ; 1193182 Hz / 440
    out 0x42, al
    mov al, ah
    out 0x42, al
    in al, 0x61
    or al, 3                    ; to the speaker
    out 0x61, al

    mov ax, 0x4f02
    mov bx, 0x0112              ; 640x480, true colour
    int 0x10

    mov ax, 0xa000
    mov es, ax
draw:
    xor di, di                  ; in the bank
    xor dx, dx                  ; the bank
    call select_bank
    xor si, si                  ; y
row:
    xor cx, cx                  ; x
pixel:
    mov ax, cx
    add ax, si
    shr ax, 2
    add al, [turn]
    stosb                       ; blue
    mov ax, si
    shr ax, 1
    stosb                       ; green
    mov ax, cx
    shr ax, 2
    stosb                       ; red
    xor al, al
    stosb
    test di, di
    jnz same_bank
    inc dx
    call select_bank
same_bank:
    inc cx
    cmp cx, 640
    jb pixel
    inc si
    cmp si, 480
    jb row

typed:
    xor ax, ax
    int 0x16                    ; waits for a key
    out 0xe9, al
    cmp al, 13
    jne typed
    add byte [turn], 77
    jmp draw

select_bank:
    pusha
    mov ax, 0x4f05
    xor bx, bx
    int 0x10
    popa
    ret

turn db 0

times 510 - ($ - $$) db 0
dw 0xaa55
