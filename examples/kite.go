// SPDX-License-Identifier: GPL-2.0

// KITE for Go, whose net package makes sockets of its own families only, but takes any that is handed to it and whose names
// it can read.
package main

import (
	"net"
	"os"
	"syscall"
)

// As in linux/kite.h
const (
	afKite        = 18
	solKite       = 0x4b54
	kiteInetNames = 1
)

// kiteSocket makes a TCP socket of AF_KITE that names its addresses as one of AF_INET does, and address as it is given to it.
func kiteSocket(address string) (*os.File, *syscall.SockaddrInet4, error) {
	parsed, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return nil, nil, err
	}
	fd, err := syscall.Socket(afKite, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socket", err)
	}
	file := os.NewFile(uintptr(fd), "kite")
	if err := syscall.SetsockoptInt(fd, solKite, kiteInetNames, 1); err != nil {
		file.Close()
		return nil, nil, os.NewSyscallError("setsockopt", err)
	}
	name := &syscall.SockaddrInet4{Port: parsed.Port}
	copy(name.Addr[:], parsed.IP.To4())
	return file, name, nil
}

// listenKite is net.Listen for AF_KITE, and sets SO_REUSEADDR as that does.
func listenKite(address string) (net.Listener, error) {
	file, name, err := kiteSocket(address)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	fd := int(file.Fd())
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return nil, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, name); err != nil {
		return nil, os.NewSyscallError("bind", err)
	}
	if err := syscall.Listen(fd, syscall.SOMAXCONN); err != nil {
		return nil, os.NewSyscallError("listen", err)
	}
	return net.FileListener(file)
}

// dialKite is net.Dial for AF_KITE.
func dialKite(address string) (net.Conn, error) {
	file, name, err := kiteSocket(address)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := syscall.Connect(int(file.Fd()), name); err != nil {
		return nil, os.NewSyscallError("connect", err)
	}
	return net.FileConn(file)
}
