// Package readers tries the files of services/export on the programs that people open them with: LibreOffice and the PDF
// tools of poppler. It holds tests alone, apart from their own package because `deploy/setup tests` has to install what
// they run.
package readers
