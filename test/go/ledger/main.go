// A stranger with Go's own packages for transparency logs (golang.org/x/mod/sumdb: those behind sum.golang.org) and none of our code:
// opens the checkpoint of an exported ledger, recomputes every hash of its tiles and every leaf of its entry bundles, and checks
// the proofs that our code made. Prints one JSON verdict; exit status 0 only when all of it holds.
//
//	main EXPORT VKEY PROOFS.json
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Tiles of C2SP tlog-tiles have 2^8 hashes.
const height = 8
const width = 1 << height

type proofs struct {
	Inclusion []struct {
		Index int64    `json:"index"`
		Leaf  string   `json:"leaf"`
		Path  []string `json:"path"`
	} `json:"inclusion"`
	Consistency []struct {
		Size  int64    `json:"size"`
		Root  string   `json:"root"`
		Proof []string `json:"proof"`
	} `json:"consistency"`
}

type verdict struct {
	Ok          bool   `json:"ok"`
	Error       string `json:"error,omitempty"`
	Origin      string `json:"origin"`
	Size        int64  `json:"size"`
	Root        string `json:"root"`
	Leaves      int64  `json:"leaves"`
	Tiles       int    `json:"tiles"`
	Inclusion   int    `json:"inclusion"`
	Consistency int    `json:"consistency"`
}

// tiles gives tlog what it asks for of an exported directory.
type tiles struct {
	directory string
}

func (t *tiles) Height() int { return height }

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(wanted))
	for i, tile := range wanted {
		content, err := os.ReadFile(filepath.Join(t.directory, pathOf(tile, fmt.Sprintf("tile/%d/", tile.L))))
		if err != nil {
			return nil, err
		}
		found[i] = content
	}
	return found, nil
}

func main() {
	result := verdict{}
	err := judge(os.Args[1], os.Args[2], os.Args[3], &result)
	result.Ok = err == nil
	if err != nil {
		result.Error = err.Error()
	}
	text, _ := json.Marshal(result)
	fmt.Println(string(text))
	if err != nil {
		os.Exit(1)
	}
}

func judge(directory, vkey, proofFile string, result *verdict) error {
	tree, err := openCheckpoint(directory, vkey, result)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	stored, err := readEntries(directory, tree.N)
	if err != nil {
		return fmt.Errorf("entries: %w", err)
	}
	root, err := tlog.TreeHash(tree.N, stored)
	if err != nil || root != tree.Hash {
		return fmt.Errorf("entries: another root than that of the checkpoint (%v)", err)
	}
	result.Leaves = tree.N
	if result.Tiles, err = compareTiles(directory, tree.N, stored); err != nil {
		return fmt.Errorf("tiles: %w", err)
	}
	hashes := tlog.TileHashReader(tree, &tiles{directory})
	return checkProofs(proofFile, tree, hashes, result)
}

func openCheckpoint(directory, vkey string, result *verdict) (tlog.Tree, error) {
	content, err := os.ReadFile(filepath.Join(directory, "checkpoint"))
	if err != nil {
		return tlog.Tree{}, err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(content, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("not three lines under the name of its key")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	result.Origin, result.Size, result.Root = lines[0], size, lines[2]
	return tlog.Tree{N: size, Hash: root}, err
}

// storedHashes are the hashes of all complete subtrees in Go's own order, computed from the entries alone.
type storedHashes []tlog.Hash

func (s storedHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= int64(len(s)) {
			return nil, fmt.Errorf("hash %d is not there", index)
		}
		found[i] = s[index]
	}
	return found, nil
}

// readEntries hashes the entries of all bundles.
func readEntries(directory string, size int64) (storedHashes, error) {
	var stored storedHashes
	for first := int64(0); first < size; first += width {
		count := size - first
		if count > width {
			count = width
		}
		tile := tlog.Tile{H: height, L: 0, N: first / width, W: int(count)}
		rest, err := os.ReadFile(filepath.Join(directory, pathOf(tile, "tile/entries/")))
		if err != nil {
			return nil, err
		}
		for index := first; index < first+count; index++ {
			if len(rest) < 2 || len(rest) < 2+int(rest[0])<<8+int(rest[1]) {
				return nil, fmt.Errorf("entry %d is cut off", index)
			}
			length := int(rest[0])<<8 + int(rest[1])
			hashes, err := tlog.StoredHashes(index, rest[2:2+length], stored)
			if err != nil {
				return nil, err
			}
			stored = append(stored, hashes...)
			rest = rest[2+length:]
		}
		if len(rest) > 0 {
			return nil, fmt.Errorf("%d bytes too many after entry %d", len(rest), first+count-1)
		}
	}
	return stored, nil
}

// compareTiles compares every tile of the tree with what follows from the entries.
// (tlog.TileHashReader of golang.org/x/mod 0.7 does not authenticate some of the tiles that it reads.)
func compareTiles(directory string, size int64, stored storedHashes) (int, error) {
	var all []tlog.Tile
	for level, n := 0, size; n > 0; level, n = level+1, n>>height {
		for first := int64(0); first < n; first += width {
			w := n - first
			if w > width {
				w = width
			}
			all = append(all, tlog.Tile{H: height, L: level, N: first / width, W: int(w)})
		}
	}
	for _, tile := range all {
		expected, err := tlog.ReadTileData(tile, stored)
		if err != nil {
			return 0, err
		}
		path := pathOf(tile, fmt.Sprintf("tile/%d/", tile.L))
		content, err := os.ReadFile(filepath.Join(directory, path))
		if err != nil {
			return 0, err
		}
		if !bytes.Equal(content, expected) {
			return 0, fmt.Errorf("%s holds other hashes than those of its leaves", path)
		}
	}
	return len(all), nil
}

// pathOf is the path of C2SP tlog-tiles: Go writes the height of a tile into it, C2SP does not.
func pathOf(tile tlog.Tile, folder string) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/%d/", tile.H, tile.L), folder, 1)
}

// checkProofs checks our proofs with Go's rules, and that Go makes the same ones.
func checkProofs(file string, tree tlog.Tree, hashes tlog.HashReader, result *verdict) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var ours proofs
	if err := json.Unmarshal(content, &ours); err != nil {
		return err
	}
	for _, proof := range ours.Inclusion {
		leaf, err := hex.DecodeString(proof.Leaf)
		if err != nil || len(leaf) != tlog.HashSize {
			return fmt.Errorf("leaf %d: not a hash", proof.Index)
		}
		path, err := decode(proof.Path)
		if err != nil {
			return err
		}
		var hash tlog.Hash
		copy(hash[:], leaf)
		if err := tlog.CheckRecord(path, tree.N, tree.Hash, proof.Index, hash); err != nil {
			return fmt.Errorf("inclusion of leaf %d: %w", proof.Index, err)
		}
		theirs, err := tlog.ProveRecord(tree.N, proof.Index, hashes)
		if err != nil || fmt.Sprint(theirs) != fmt.Sprint(tlog.RecordProof(path)) {
			return fmt.Errorf("inclusion of leaf %d: Go proves it otherwise (%v)", proof.Index, err)
		}
		result.Inclusion++
	}
	for _, proof := range ours.Consistency {
		root, err := tlog.ParseHash(proof.Root)
		if err != nil {
			return err
		}
		path, err := decode(proof.Proof)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(path, tree.N, tree.Hash, proof.Size, root); err != nil {
			return fmt.Errorf("consistency with size %d: %w", proof.Size, err)
		}
		theirs, err := tlog.ProveTree(tree.N, proof.Size, hashes)
		if err != nil || fmt.Sprint(theirs) != fmt.Sprint(tlog.TreeProof(path)) {
			return fmt.Errorf("consistency with size %d: Go proves it otherwise (%v)", proof.Size, err)
		}
		result.Consistency++
	}
	return nil
}

func decode(texts []string) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(texts))
	for i, text := range texts {
		hash, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(hash) != tlog.HashSize {
			return nil, fmt.Errorf("%q is not a hash", text)
		}
		copy(hashes[i][:], hash)
	}
	return hashes, nil
}
