//go:build js && wasm

// TLS without I/O: Go's crypto/tls as a client whose wire is two byte queues. JavaScript feeds what the peer sent, and is told what to
// send, what was decrypted, and how it ended. Every call from JavaScript runs until all goroutines wait, so that nothing happens between
// calls: no timer, no socket and no promise is known here.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"syscall/js"
	"time"
)

// What a session tells JavaScript, as the second argument of `tell`.
const (
	toSend    = "send"    // bytes for the peer
	decrypted = "data"    // bytes from the peer
	ready     = "ready"   // the handshake is done: protocol, end of validity in ms, subject, issuer
	ended     = "ended"   // how it ended: eof | closed | tls, and the reason in words
	readSize  = 16 * 1024 // the most that one TLS record holds
	memoryCap = 64 << 20  // half of what an isolate of Workers has: the collector works harder before that
)

var (
	byteArray = js.Global().Get("Uint8Array")
	tell      = js.Global().Get("tell")
	// Sessions that have neither ended nor been closed. No lock: goroutines of WebAssembly take turns only where they wait.
	sessions = map[int]*session{}
)

type session struct {
	id   int
	conn *tls.Conn

	mu     sync.Mutex
	wake   *sync.Cond
	wire   []byte
	eof    bool
	closed bool
}

func (s *session) emit(kind string, args ...any) {
	tell.Invoke(append([]any{s.id, kind}, args...)...)
}

func (s *session) emitBytes(kind string, bytes []byte) {
	array := byteArray.New(len(bytes))
	js.CopyBytesToJS(array, bytes)
	s.emit(kind, array)
}

// feed hands over what came from the peer; no bytes: the peer has ended its side.
func (s *session) feed(bytes []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wire = append(s.wire, bytes...)
	s.eof = s.eof || len(bytes) == 0
	s.wake.Broadcast()
}

func (s *session) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.wire) == 0 && !s.eof && !s.closed {
		s.wake.Wait()
	}
	switch {
	case s.closed:
		return 0, net.ErrClosed
	case len(s.wire) == 0:
		return 0, io.EOF
	}
	n := copy(p, s.wire)
	s.wire = s.wire[n:]
	if len(s.wire) == 0 {
		s.wire = nil
	}
	return n, nil
}

func (s *session) Write(p []byte) (int, error) {
	s.emitBytes(toSend, p)
	return len(p), nil
}

func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.wire = nil
	s.wake.Broadcast()
	return nil
}

func (s *session) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (s *session) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (s *session) SetDeadline(time.Time) error      { return nil }
func (s *session) SetReadDeadline(time.Time) error  { return nil }
func (s *session) SetWriteDeadline(time.Time) error { return nil }

// run shakes hands, then decrypts until the end.
func (s *session) run() {
	if err := s.conn.Handshake(); err != nil {
		s.end(err)
		return
	}
	state := s.conn.ConnectionState()
	leaf := state.PeerCertificates[0]
	s.emit(ready, protocolOf(state.Version), leaf.NotAfter.UnixMilli(), leaf.Subject.String(), leaf.Issuer.String())
	buffer := make([]byte, readSize)
	for {
		n, err := s.conn.Read(buffer)
		if n > 0 {
			s.emitBytes(decrypted, buffer[:n])
		}
		if err != nil {
			s.end(err)
			return
		}
	}
}

// end tells how it ended; a session that was closed is gone, and nobody listens.
func (s *session) end(err error) {
	delete(sessions, s.id)
	complete := s.conn.ConnectionState().HandshakeComplete
	switch {
	case errors.Is(err, net.ErrClosed):
	case errors.Is(err, io.EOF) && complete:
		s.emit(ended, "eof", "")
	case errors.Is(err, io.EOF) && !complete:
		s.emit(ended, "closed", "the peer closed the connection during the TLS handshake")
	case errors.Is(err, io.ErrUnexpectedEOF):
		s.emit(ended, "closed", "the peer closed the connection in the middle of a TLS record")
	default:
		s.emit(ended, "tls", err.Error())
	}
}

func protocolOf(version uint16) string {
	switch version {
	case tls.VersionTLS12:
		return "TLSv1.2"
	case tls.VersionTLS13:
		return "TLSv1.3"
	}
	return tls.VersionName(version)
}

// configOf reads PEM texts; an empty certificate means none. Errors name no part of a key.
func configOf(serverName, ca, certificate, key string) (*tls.Config, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(ca)) {
		return nil, errors.New("no certificate can be read from the CA bundle")
	}
	config := &tls.Config{RootCAs: roots, ServerName: serverName, MinVersion: tls.VersionTLS12}
	if certificate != "" || key != "" {
		pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
		if err != nil {
			return nil, errors.New("client certificate and key: " + err.Error())
		}
		// GetClientCertificate and not Certificates: it is shown whatever issuers the server names, as node:tls does.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	return config, nil
}

func bytesOf(array js.Value) []byte {
	bytes := make([]byte, array.Length())
	js.CopyBytesToGo(bytes, array)
	return bytes
}

// main defines four functions beside `tell` and waits for ever. Each returns a text: empty when all is well, else what went wrong.
func main() {
	debug.SetMemoryLimit(memoryCap)
	on := func(name string, body func(id int, args []js.Value) error) {
		js.Global().Set(name, js.FuncOf(func(_ js.Value, args []js.Value) any {
			if err := body(args[0].Int(), args[1:]); err != nil {
				return err.Error()
			}
			return ""
		}))
	}
	on("open", func(id int, args []js.Value) error {
		config, err := configOf(args[0].String(), args[1].String(), args[2].String(), args[3].String())
		if err != nil {
			return err
		}
		s := &session{id: id}
		s.wake = sync.NewCond(&s.mu)
		s.conn = tls.Client(s, config)
		sessions[id] = s
		go s.run()
		return nil
	})
	on("feed", func(id int, args []js.Value) error {
		if s, ok := sessions[id]; ok {
			s.feed(bytesOf(args[0]))
		}
		return nil
	})
	on("write", func(id int, args []js.Value) error {
		s, ok := sessions[id]
		if !ok {
			return net.ErrClosed
		}
		_, err := s.conn.Write(bytesOf(args[0]))
		return err
	})
	on("close", func(id int, args []js.Value) error {
		if s, ok := sessions[id]; ok {
			delete(sessions, id)
			s.conn.Close()
			s.Close()
		}
		return nil
	})
	select {}
}
