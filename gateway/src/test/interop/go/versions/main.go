// Versions tells which SDK the programs of this module are built with.
package main

import (
	"runtime"
	"runtime/debug"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"interop/peer"
)

func main() {
	_ = mcp.Implementation{}
	build, _ := debug.ReadBuildInfo()
	for _, module := range build.Deps {
		if module.Path == "github.com/modelcontextprotocol/go-sdk" {
			peer.Tell(map[string]string{"version": module.Version[1:], "go": runtime.Version()})
		}
	}
}
