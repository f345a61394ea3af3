package modes

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"orgmodes/internal/fault"
)

const (
	// MaxFiles bounds the files of a folder or an archive, whatever they are.
	MaxFiles = 2000
	// MaxFilesBytes bounds what its modes files hold together.
	MaxFilesBytes = 16 << 20
)

// NamedFile is a file of a folder.
type NamedFile struct {
	// Name is its path within the folder, with slashes.
	Name string
	Data []byte
}

// FileResult is what became of one file of several.
type FileResult struct {
	Name string
	// File is what it holds; the places of its entries are those in Folder.
	File File
	// Err is a *fault.Error where the file as a whole can't be used.
	Err error
	// Skipped says why the file wasn't read; empty where it was.
	Skipped string
}

// Folder is what several files hold.
type Folder struct {
	// Files are all of them, by name.
	Files []FileResult
	// File is the entries of all together, for PlanImport: each names its file,
	// and one that has the slug of another is in conflict with it.
	File File
}

// Refused counts the files that were read and can't be used.
func (f Folder) Refused() int {
	n := 0
	for _, r := range f.Files {
		if r.Err != nil {
			n++
		}
	}
	return n
}

// ReadFiles reads the modes files of a folder. One bad file never spoils the
// others; what is no modes file by its name is skipped with a notice. The error
// is a *fault.Error where all together are too much.
func ReadFiles(files []NamedFile) (Folder, error) {
	if err := checkFileCount(len(files)); err != nil {
		return Folder{}, err
	}
	total := 0
	for _, f := range files {
		if notToRead(f.Name) == "" && len(f.Data) <= MaxUploadBytes { // a larger one is refused unread
			total += len(f.Data)
		}
	}
	if total > MaxFilesBytes {
		return Folder{}, filesTooLarge(total)
	}
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b NamedFile) int { return cmp.Compare(a.Name, b.Name) })
	// All files share what one may cost, so that many small bombs are no more
	// than a large one.
	b := newBudget()
	b.text = MaxFilesBytes
	out := Folder{File: File{Form: FormFolder}}
	for _, f := range files {
		r, err := readNamed(f, b)
		if err != nil {
			return Folder{}, err
		}
		out.add(r)
	}
	if err := CheckLibrary(len(out.File.Entries), 0); err != nil {
		return Folder{}, err
	}
	judgeTogether(out.File.Entries)
	out.share()
	return out, CheckTotals(out.File.Modes())
}

func checkFileCount(count int) error {
	if count <= MaxFiles {
		return nil
	}
	return fault.New(fault.TooLarge, "too_many_files",
		"These are %d files; at most %d are read at once. Leave out what holds no modes.", count, MaxFiles)
}

func filesTooLarge(total int) error {
	return fault.New(fault.TooLarge, "files_too_large",
		"These files hold %s together; at most %s are read at once. Take fewer.", bytesInWords(total), bytesInWords(MaxFilesBytes))
}

func readNamed(f NamedFile, b *budget) (FileResult, error) {
	r := FileResult{Name: f.Name, Skipped: notToRead(f.Name)}
	if r.Skipped != "" {
		return r, nil
	}
	r.Err = checkUpload(f.Data)
	if r.Err == nil {
		r.File, r.Err = readFile(f.Data, b)
	}
	if r.Err != nil && (b.nodes < 0 || b.text < 0 || b.marks < 0) {
		e, _ := fault.As(r.Err)
		return r, fault.New(e.Kind, e.Code, "Together, these files hold more than %d modes ever need. It was %s where they became too much: take fewer, or look at that one.", MaxModes, f.Name)
	}
	return r, nil
}

// add takes a file's entries and notices into the whole.
func (f *Folder) add(r FileResult) {
	whole := &f.File
	if r.Skipped != "" {
		whole.Notices = append(whole.Notices, Notice{File: r.Name, Detail: r.Skipped})
	}
	for i := range r.File.Entries {
		e := &r.File.Entries[i]
		e.File, e.Index = r.Name, len(whole.Entries)
		whole.Entries = append(whole.Entries, *e)
	}
	for i := range r.File.Notices {
		r.File.Notices[i].File = r.Name
	}
	whole.Notices = append(whole.Notices, r.File.Notices...)
	if r.Err == nil && r.Skipped == "" {
		whole.Format = cmp.Or(whole.Format, r.File.Format)
	}
	f.Files = append(f.Files, r)
}

// share gives the files the entries as they were judged together.
func (f *Folder) share() {
	start := 0
	for i := range f.Files {
		end := start + len(f.Files[i].File.Entries)
		f.Files[i].File.Entries = f.File.Entries[start:end:end]
		start = end
	}
}

// modesFileNames are those that editors use, without an ending.
var modesFileNames = []string{".roomodes", ".kilocodemodes"}

// notToRead says why a file of this name is not read; empty where it is.
func notToRead(name string) string {
	base := path.Base(name)
	ext := strings.ToLower(path.Ext(base))
	switch {
	case slices.Contains(modesFileNames, base):
		return ""
	case strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(base, "._"):
		return "skipped: this is what macOS keeps about another file"
	case slices.Contains([]string{".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz"}, ext):
		return "skipped: archives within an archive are not opened; unpack it first"
	case slices.Contains([]string{".yaml", ".yml", ".json"}, ext):
		return ""
	case ext == "" || ext == base:
		return "skipped: by its name this is no modes file (.yaml, .yml, .json, " + strings.Join(modesFileNames, ", ") + ")"
	default:
		return fmt.Sprintf("skipped: %s files hold no modes", shortened(ext, 20))
	}
}
