// SPDX-License-Identifier: GPL-2.0

// The echo client of every tutorial, in Go: sends the lines of its input over TCP and prints what comes back.
//
//	go_echo_client ADDRESS PORT
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"os"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatalf("usage: %s ADDRESS PORT", os.Args[0])
	}
	conn, err := net.Dial("tcp4", net.JoinHostPort(os.Args[1], os.Args[2]))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	fmt.Printf("connected to %s port %s\n", os.Args[1], os.Args[2])

	lines, answers := bufio.NewReader(os.Stdin), bufio.NewReader(conn)
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		if _, err := io.WriteString(conn, line); err != nil {
			log.Fatal(err)
		}
		answer, err := answers.ReadString('\n')
		if err != nil {
			log.Fatal("the server hung up: ", err)
		}
		fmt.Printf("echo: %s", answer)
	}
}
