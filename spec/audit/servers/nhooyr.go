package main

import (
	"net/http"
	"os"

	"nhooyr.io/websocket"
)

func main() {
	options := &websocket.AcceptOptions{InsecureSkipVerify: true}
	http.ListenAndServe("127.0.0.1:"+os.Args[1], http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		connection, err := websocket.Accept(response, request, options)
		if err != nil {
			return
		}
		connection.SetReadLimit(1 << 24)
		for {
			kind, message, err := connection.Read(request.Context())
			if err != nil || connection.Write(request.Context(), kind, message) != nil {
				return
			}
		}
	}))
}
