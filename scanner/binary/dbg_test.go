package binary
import ("testing";"os";"fmt";"strconv";"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa")
func TestDbg(t *testing.T){
 fi,_:=os.Open(os.Getenv("ELF")); st,_:=fi.Stat()
 im,_:=newImage(fi,st.Size()); f:=im.header(); syms:=im.readSymbols(); c:=newCode(im,syms,f)
 c.discover(); gs:=c.unite(); c.callersOf(gs); c.inferNoReturn(gs)
 a,_:=strconv.ParseUint(os.Getenv("AT"),16,64)
 g:=c.groupAt(a); fl:=c.newFlow(gs,g)
 for _,i:=range gs[g].parts { p:=c.parts[i]; fmt.Printf("part %x-%x framed %v sym %v alt %x ret %v exit %d\n",p.start,p.end,p.framed,p.symbol,p.alt,p.returns,p.exit)}
 for i:=range fl.nodes { if b:=fl.block[i]; b!=0 { bl:=fl.blocks[b-1]; fmt.Printf("block %x entry %v unknown %v preds",fl.nodes[bl.first].addr,bl.entry,bl.unknown); for _,p:=range bl.preds {fmt.Printf(" %x",fl.nodes[p].addr)}; fmt.Println() } }
 r,_:=strconv.Atoi(os.Getenv("R"))
 fmt.Printf("%+v\n",fl.askNumber(fl.find(a),question{reg:isa.Reg(r)}))
}
func TestBig(t *testing.T){
 fi,_:=os.Open(os.Getenv("ELF")); st,_:=fi.Stat()
 im,_:=newImage(fi,st.Size()); f:=im.header(); syms:=im.readSymbols(); c:=newCode(im,syms,f)
 c.discover(); gs:=c.unite(); c.callersOf(gs); c.inferNoReturn(gs)
 n:=0; for _,p:=range c.parts { if p.framed {n++} }
 fmt.Println("parts",len(c.parts),"framed",n,"groups",len(gs))
 for i,g:=range gs { sz:=uint64(0); for _,p:=range g.parts { sz+=c.parts[p].end-c.parts[p].start }; if sz>20000 || len(g.parts)>8 { fmt.Printf("group %d %x parts %d size %d callers %d framed %v name %s\n",i,c.parts[g.parts[0]].start,len(g.parts),sz,len(g.callers),c.parts[g.parts[0]].framed,g.name) } }
}
func TestGaps(t *testing.T){
 fi,_:=os.Open(os.Getenv("ELF")); st,_:=fi.Stat()
 im,_:=newImage(fi,st.Size()); f:=im.header(); syms:=im.readSymbols(); c:=newCode(im,syms,f)
 c.discover()
 var ps []span; for _,p:=range c.parts { ps=append(ps,p.span) }
 n:=0; tot:=0
 for _,g:=range subtract(im.code,ps) { p:=part{span:g}; real:=0; sys:=0; c.sweep(&p,func(a uint64,in *isa.Inst){ if in.Op!=isa.Nop&&in.Op!=isa.Trap&&in.Op!=isa.Invalid {real++}; if in.Op==isa.Syscall {sys++} }); if real>0 { n++; tot+=int(g.end-g.start); fmt.Printf("gap %x-%x insns %d syscalls %d\n",g.start,g.end,real,sys) } }
 fmt.Println("gaps",n,"bytes",tot)
}
func TestLit(t *testing.T){
 fi,_:=os.Open(os.Getenv("ELF")); st,_:=fi.Stat()
 im,_:=newImage(fi,st.Size()); f:=im.header(); syms:=im.readSymbols(); c:=newCode(im,syms,f)
 c.discover()
 for a,n:=range c.literal { if a&1!=0||n&1!=0 { fmt.Printf("lit %x %d\n",a,n) } }
 for i:=range c.parts { p:=&c.parts[i]; if p.start&1!=0 {fmt.Printf("odd part %x\n",p.start)}; c.sweep(p,func(a uint64,in *isa.Inst){ if a&1!=0 && in.Op!=isa.Invalid { } ; if in.Len&1!=0 {fmt.Printf("odd len %x %d op %d\n",a,in.Len,in.Op)} }) }
}
func TestWho(t *testing.T){
 fi,_:=os.Open(os.Getenv("ELF")); st,_:=fi.Stat()
 im,_:=newImage(fi,st.Size()); f:=im.header(); syms:=im.readSymbols(); c:=newCode(im,syms,f)
 c.discover(); a,_:=strconv.ParseUint(os.Getenv("AT"),16,64)
 for i:=range c.parts { p:=&c.parts[i]; for _,x:=range p.found { if x.target&^1==a && x.kind<=findIFunc { fmt.Printf("part %x framed %v thumb %v at %x kind %d target %x\n",p.start,p.framed,p.thumb,x.at,x.kind,x.target) } } }
}
