/// Transport
