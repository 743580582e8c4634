//go:build tools

// Keeps the main packages of kube-apiserver and etcd in the module graph; nothing is compiled from this file.
package tools

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
