// What Go's crypto/ed25519 says about signatures: reads lines "key message signature" in hexadecimal (- for an empty message) and
// prints "true" or "false" for each.
package main

import (
	"bufio"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		key, message, signature := decode(fields[0]), decode(fields[1]), decode(fields[2])
		fmt.Println(len(key) == ed25519.PublicKeySize && ed25519.Verify(key, message, signature))
	}
}

func decode(text string) []byte {
	if text == "-" {
		return nil
	}
	bytes, err := hex.DecodeString(text)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return bytes
}
