// SPDX-License-Identifier: GPL-2.0

// The echo server of every tutorial, in Go: what comes in over TCP goes back, to many clients at a time.
//
//	go_echo_server ADDRESS PORT
package main

import (
	"fmt"
	"log"
	"net"
	"os"
)

func echo(conn net.Conn) {
	fmt.Printf("connection from %s\n", conn.RemoteAddr().(*net.TCPAddr).IP)
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			break
		}
		fmt.Printf("got %s", buf[:n])
		if _, err := conn.Write(buf[:n]); err != nil {
			break
		}
	}
	conn.Close()
	fmt.Println("connection closed")
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatalf("usage: %s ADDRESS PORT", os.Args[0])
	}
	listener, err := net.Listen("tcp4", net.JoinHostPort(os.Args[1], os.Args[2]))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on %s port %s\n", os.Args[1], os.Args[2])
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go echo(conn)
	}
}
