// SPDX-License-Identifier: MIT

package unit

import (
	"io/fs"
	"slices"
	"strings"
)

// Presets says whether units count as enabled that the preset files would enable.
type Presets string

const (
	PresetsAuto Presets = "auto" // when the image is one whose first boot applies them
	PresetsYes  Presets = "yes"
	PresetsNo   Presets = "no"
)

// Listed is a unit that the booted device has in memory, and why.
type Listed struct {
	*Unit
	// PulledInBy are the units and means that refer to it, those that start it
	// first: "multi-user.target wants", "dbus.socket triggers", "D-Bus name org.x".
	PulledInBy []string
	// AfterFileSystems: it starts when the file systems are mounted.
	AfterFileSystems bool
}

// reference is how one unit names another; starting ones make it run.
type reference struct {
	from, kind string
	starts     bool
}

// dependencyKeys of [Unit] and what they are called in PulledInBy: every one of
// them keeps the named unit in memory (systemd.unit(5); seen with 252.39 and 261.0).
var dependencyKeys = []struct {
	key, kind string
	starts    bool
}{
	{"Wants", "wants", true}, {"Requires", "requires", true}, {"BindsTo", "binds to", true}, {"BindTo", "binds to", true},
	{"Upholds", "upholds", true}, {"Requisite", "is bound to", false}, {"PartOf", "is part of", false},
	{"Conflicts", "conflicts with", false}, {"Before", "is ordered before", false}, {"After", "is ordered after", false},
	{"OnFailure", "starts on failure", false}, {"OnSuccess", "starts on success", false},
	{"PropagatesReloadTo", "propagates reload to", false}, {"ReloadPropagatedFrom", "takes reload from", false},
	{"PropagatesStopTo", "propagates stop to", false}, {"StopPropagatedFrom", "takes stop from", false},
	{"JoinsNamespaceOf", "joins", false},
}

// walk collects what is in memory by reference, starting from some units.
type walk struct {
	tree    *Tree
	units   map[string]*Unit // by id
	refs    map[string][]reference
	queue   []string
	virtual map[string][]string // enabled by presets: unit -> units that want it
	byName  map[string]*Unit    // loads by any name
}

// Boot is what the booted device has in memory as far as the image tells.
type Boot struct{ w *walk }

// Boot follows the references from default.target on. D-Bus activated services are
// in memory as if they had been started. Source: systemd-analyze(1),
// systemd.unit(5), and the behaviour of 252.39 and 261.0.
func (t *Tree) Boot(presets Presets) *Boot {
	w := &walk{tree: t, units: map[string]*Unit{}, refs: map[string][]reference{}, byName: map[string]*Unit{}}
	w.virtual = t.presetLinks(presets)
	w.visit("default.target", reference{"the boot", "starts", true})
	for len(w.queue) > 0 {
		id := w.queue[0]
		w.queue = w.queue[1:]
		w.follow(w.units[id])
		if len(w.queue) == 0 {
			w.activate()
		}
	}
	return &Boot{w}
}

// Services returns the services that systemd-analyze security would list: loaded,
// not oneshot, in byte order of their names.
func (b *Boot) Services() []Listed {
	var list []Listed
	order := b.w.order()
	for _, u := range b.w.units {
		if Type(u.Name) == "service" && u.LoadState == Loaded && u.Service.Type != "oneshot" {
			list = append(list, Listed{u, b.w.pulledInBy(u), order.afterFileSystems(u.Name)})
		}
	}
	slices.SortFunc(list, func(a, b Listed) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// List returns the services of Boot.
func (t *Tree) List(presets Presets) []Listed { return t.Boot(presets).Services() }

// visit loads a unit that another one names.
func (w *walk) visit(name string, ref reference) {
	if !ValidName(name) || IsTemplate(name) {
		return
	}
	u := w.byName[name]
	if u == nil {
		u = w.tree.Load(name)
		w.byName[name] = u
	}
	if _, known := w.units[u.Name]; !known {
		w.units[u.Name] = u
		w.queue = append(w.queue, u.Name)
	}
	w.refs[u.Name] = append(w.refs[u.Name], ref)
}

// follow visits everything that a loaded unit refers to.
func (w *walk) follow(u *Unit) {
	if u.LoadState != Loaded {
		return
	}
	for _, d := range dependencyKeys {
		for _, word := range u.List("Unit", d.key) {
			if name, err := (specifiers{u.Name, u.Fragment}).expand(word); err == nil {
				w.visit(name, reference{u.Name, d.kind, d.starts})
			}
		}
	}
	w.followFolders(u)
	w.followImplied(u)
}

// followFolders visits the links in NAME.wants and the like.
func (w *walk) followFolders(u *Unit) {
	kinds := []string{"wants", "requires"}
	if w.tree.version.Major >= 254 {
		kinds = append(kinds, "upholds")
	}
	for _, kind := range kinds {
		for _, name := range w.tree.folderLinks(u, kind) {
			if IsTemplate(name) && IsInstance(u.Name) {
				_, instance, _, _ := SplitName(u.Name)
				name = Instantiate(name, instance)
			}
			w.visit(name, reference{u.Name, kind, true})
		}
	}
	for _, name := range append([]string{u.Name}, u.Aliases...) {
		for _, wanted := range w.virtual[name] {
			w.visit(wanted, reference{u.Name, "wants (preset)", true})
		}
		for _, wanted := range w.tree.generated.wants[name] {
			w.visit(wanted, reference{w.tree.generated.by[wanted], "", true})
		}
	}
}

// folderLinks returns the names of the links in a unit's NAME.wants or NAME.requires
// folders; a link to /dev/null hides the name in less important folders.
func (t *Tree) folderLinks(u *Unit, kind string) []string {
	seen := map[string]bool{}
	var names []string
	for _, folder := range t.foldersOf(u, kind) {
		entries, err := t.fs.ReadDir(folder)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if seen[e.Name()] || !ValidName(e.Name()) || e.Type()&fs.ModeSymlink == 0 {
				continue
			}
			seen[e.Name()] = true
			if !t.isNull(folder + "/" + e.Name()) {
				names = append(names, e.Name())
			}
		}
	}
	return names
}

// followImplied visits what PID 1 adds by itself (systemd.service(5),
// systemd.socket(5), systemd.timer(5), systemd.path(5), systemd.target(5)).
func (w *walk) followImplied(u *Unit) {
	typ := Type(u.Name)
	base, _ := cutLast(u.Name)
	triggers := func(section, key string) {
		name := u.Value(section, key)
		if name == "" {
			name = base + ".service"
		}
		if name, err := (specifiers{u.Name, u.Fragment}).expand(name); err == nil {
			w.visit(name, reference{u.Name, "triggers", true})
		}
	}
	switch typ {
	case "socket":
		if name, accept := serviceOf(u); !accept {
			w.visit(name, reference{u.Name, "triggers", true})
		}
	case "timer":
		triggers("Timer", "Unit")
	case "path":
		triggers("Path", "Unit")
	case "service":
		w.followService(u)
	}
	if on, ok := parseBool(u.Value("Unit", "DefaultDependencies")); (!ok || on) && typ != "device" {
		w.visit("shutdown.target", reference{u.Name, "conflicts with", false})
		if typ == "service" || typ == "socket" || typ == "timer" || typ == "path" {
			w.visit("sysinit.target", reference{u.Name, "requires", false})
		}
		if typ == "service" {
			w.visit("basic.target", reference{u.Name, "is ordered after", false})
		}
	}
}

func (w *walk) followService(u *Unit) {
	s := u.Service
	if s.BusName != "" {
		w.visit("dbus.socket", reference{u.Name, "requires", true})
	}
	for _, name := range u.List("Service", "Sockets") {
		w.visit(name, reference{u.Name, "wants", true})
	}
	if ns := u.Value("Service", "LogNamespace"); ns != "" {
		w.visit("systemd-journald@"+ns+".socket", reference{u.Name, "requires", true})
	}
	if s.RootImage != "" || s.mountImages {
		w.visit("systemd-udevd.service", reference{u.Name, "wants", false})
	}
}

// activate adds the services that D-Bus would start by name, once a bus is there.
func (w *walk) activate() {
	for _, bus := range []string{"dbus.service", "dbus.socket", "dbus-broker.service"} {
		u := w.byName[bus]
		if u == nil || u.LoadState != Loaded {
			continue
		}
		for _, a := range BusServices(w.tree.fs) {
			if a.Unit != "" && w.byName[a.Unit] == nil {
				w.visit(a.Unit, reference{"D-Bus name", a.Name, true})
			}
		}
		return
	}
}

// pulledInBy puts the references to a unit into words: those that start it, or if
// there are none the others.
func (w *walk) pulledInBy(u *Unit) []string {
	var starting, other []string
	for _, r := range w.refs[u.Name] {
		text := strings.TrimSpace(r.from + " " + r.kind)
		switch {
		case r.from == u.Name:
		case r.starts:
			starting = append(starting, text)
		default:
			other = append(other, text)
		}
	}
	if len(starting) == 0 {
		starting = other
	}
	slices.Sort(starting)
	return slices.Compact(starting)
}
