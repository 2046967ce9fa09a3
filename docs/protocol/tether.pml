/* The tether's handshake, resume and acknowledgement, for spin (docs/protocol/tether.md explains the protocol).
 *
 * An agent sends C control frames and B bulk frames to the server, numbered apart. A link can be cut at any moment, losing any tail of
 * what is on it; the agent dials again, also while the server still takes the old link for live, so that frames and greetings of
 * two links cross. Checked over all interleavings: what the server takes is exactly 1, 2, 3 … of each kind (no loss, no duplicate),
 * nothing is dropped by the sender that the server does not have, no state without a way on, and in every end all is delivered.
 * The other direction of a session is the same machine with the roles of the two ends exchanged.
 */

#ifndef C
#define C 2
#endif
#ifndef B
#define B 2
#endif
#ifndef CUTS
#define CUTS 2
#endif
#define LINKS (CUTS + 1)
/* A planted defect, to prove that the check sees: a resume that starts so many frames late. */
#ifndef SKIPPED
#define SKIPPED 0
#endif

mtype = { HELLO, WELCOME, CONTROL, BULK, ACK };

/* One channel for each direction of each link: what kind, and two numbers. */
chan up[LINKS] = [3] of { mtype, byte, byte };
chan down[LINKS] = [2] of { mtype, byte, byte };
bool open_agent[LINKS], open_server[LINKS];

byte dials;                    /* links dialled so far; link number dials - 1 is the agent's */
byte cuts;                     /* cuts so far */

/* The sender (agent): newest acknowledged, next to write on its link. */
byte acked_c, acked_b, next_c = 1, next_b = 1;
bool is_live;                  /* WELCOME has come on the newest link */

/* The receiver (server). */
byte got_c, got_b;
byte newest;                   /* newest attempt accepted, counted from 1; 0: none */

#define MINE (dials - 1)
#define ALL_ACKED (acked_c == C && acked_b == B)

/* A cut: both directions are lost, and each end learns it at its own time (FIN, or the silence verdict). */
inline lose(link)
{
    do
    :: nempty(up[link]) -> up[link]?_,_,_
    :: empty(up[link]) -> break
    od;
    do
    :: nempty(down[link]) -> down[link]?_,_,_
    :: empty(down[link]) -> break
    od
}

proctype Agent()
{
    byte x, y;
    do
    /* Dial: the first time, and whenever the link is gone. HELLO says which attempt this is. */
    :: atomic { dials < LINKS && (dials == 0 || !open_agent[MINE]) ->
        dials++; is_live = false;
        open_agent[MINE] = true; open_server[MINE] = true;
        up[MINE]!HELLO,dials,0 }

    /* WELCOME restates what the server has: drop that, write the rest again. */
    :: atomic { dials > 0 && open_agent[MINE] && nempty(down[MINE]) ->
        if
        :: down[MINE]?WELCOME,x,y ->
            assert(!is_live);
            assert(x >= acked_c && y >= acked_b);
            acked_c = x; acked_b = y;
            next_c = x + 1; next_b = y + 1 + SKIPPED; is_live = true
        :: down[MINE]?ACK,x,y ->
            assert(is_live);
            assert(x < next_c && y < next_b);
            if :: x > acked_c -> acked_c = x :: else fi;
            if :: y > acked_b -> acked_b = y :: else fi
        fi;
        /* What the sender forgets, the receiver has. */
        assert(acked_c <= got_c && acked_b <= got_b); x = 0; y = 0 }

    /* Control first: bulk is written only when this link has carried all control there is. */
    :: atomic { is_live && open_agent[MINE] && next_c <= C && nfull(up[MINE]) ->
        up[MINE]!CONTROL,next_c,0; next_c++ }
    :: atomic { is_live && open_agent[MINE] && next_c > C && next_b <= B && nfull(up[MINE]) ->
        up[MINE]!BULK,next_b,0; next_b++ }

    :: atomic { ALL_ACKED -> break }
    od
}

/* The server's end of one link. The links share the session, so one process a link reads them in every order. */
proctype Server(byte l)
{
    byte x, y;
    do
    :: atomic { open_server[l] && nempty(up[l]) ->
        if
        :: up[l]?HELLO,x,y ->
            if
            :: x > newest ->
                /* The newest link supersedes the one that is live at this end. */
                if :: newest > 0 -> open_server[newest - 1] = false :: else fi;
                newest = x;
                down[l]!WELCOME,got_c,got_b
            :: else -> open_server[l] = false   /* it lost a race: GOAWAY superseded */
            fi
        :: up[l]?CONTROL,x,y ->
            assert(l + 1 == newest);
            assert(x == got_c + 1);             /* no gap, and after a resume no duplicate */
            got_c = x
        :: up[l]?BULK,x,y ->
            assert(l + 1 == newest);
            assert(x == got_b + 1);
            assert(got_c == C);                 /* control did not wait for a replay of bulk */
            got_b = x
        fi; x = 0; y = 0 }

    /* ACK: at any time, absolute. A link that is full is left alone: the next ACK says the same and more. */
    :: atomic { l + 1 == newest && open_server[l] && empty(down[l]) && (got_c > acked_c || got_b > acked_b) ->
        down[l]!ACK,got_c,got_b }

    :: atomic { ALL_ACKED -> break }
    od
}

/* The network: any link that is open at an end may be cut, CUTS times, and each end may learn of it late. */
proctype Network()
{
    byte l;
    do
    :: atomic { cuts < CUTS && dials > 0 && open_agent[MINE] ->
        /* Both ways die; the agent is told, the server may go on believing. Frames already read stay read. */
        cuts++; l = MINE; open_agent[l] = false; is_live = false;
        if
        :: lose(l); open_server[l] = false      /* reset: all that was on the way is lost */
        :: skip                                 /* what the agent wrote still arrives, late, beside a newer link */
        :: if                                   /* a lost tail: what was written first still arrives */
           :: nempty(up[l]) -> up[l]?_,_,_ ; lose(l) ; open_server[l] = false
           :: empty(up[l]) -> skip
           fi
        fi; l = 0 }
    /* Only a newer link of the agent supersedes: the server never closes the one that is in use. */
    :: atomic { dials > 0 && open_agent[MINE] && is_live && !open_server[MINE] -> assert(false) }
    :: atomic { ALL_ACKED -> break }
    od;
    assert(got_c == C && got_b == B)
}

init
{
    byte l;
    atomic {
        run Agent(); run Network();
        do
        :: l < LINKS -> run Server(l); l++
        :: else -> break
        od
    }
}
