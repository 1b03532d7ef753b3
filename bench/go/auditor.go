// Auditor re-hashes every entry of a published log with the code that protects Go's module ecosystem
// (golang.org/x/mod/sumdb), of which not a line was written here.
//
//	apt-get install golang-go golang-golang-x-mod-dev
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o auditor bench/go/auditor.go
//	./auditor FOLDER VKEY
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

// tiles reads tlog-tiles files; Go's own paths name the height too.
type tiles struct{ folder string }

func (t tiles) Height() int { return 8 }

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.folder, path))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func fail(what string, err error) {
	if err != nil {
		fmt.Printf("%s: %v\n", what, err)
		os.Exit(1)
	}
}

func main() {
	folder, vkey := os.Args[1], os.Args[2]
	verifier, err := note.NewVerifier(vkey)
	fail("key", err)
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	fail("checkpoint", err)
	opened, err := note.Open(signed, note.VerifierList(verifier))
	fail("checkpoint", err)
	lines := strings.SplitN(opened.Text, "\n", 4)
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + lines[1] + "\n" + lines[2] + "\n"))
	fail("checkpoint", err)
	reader := tlog.TileHashReader(tree, tiles{folder})
	for start := int64(0); start < tree.N; start += width {
		count := tree.N - start
		if count > width {
			count = width
		}
		bundle := tlog.Tile{H: 8, L: 0, N: start / width, W: int(count)}
		path := strings.Replace(bundle.Path(), "tile/8/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(folder, path))
		fail(fmt.Sprintf("entry %d", start), err)
		indexes := make([]int64, count)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, start+int64(i))
		}
		hashes, err := reader.ReadHashes(indexes)
		fail(fmt.Sprintf("tiles from entry %d", start), err)
		for i := range indexes {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				fail(fmt.Sprintf("entry %d", start+int64(i)), fmt.Errorf("cut short"))
			}
			size := int(binary.BigEndian.Uint16(data))
			if tlog.RecordHash(data[2:2+size]) != hashes[i] {
				fail(fmt.Sprintf("entry %d", start+int64(i)), fmt.Errorf("does not match"))
			}
			data = data[2+size:]
		}
		if len(data) != 0 {
			fail(fmt.Sprintf("entry %d", start+count-1), fmt.Errorf("more follows"))
		}
	}
	fmt.Printf("ok %d\n", tree.N)
}
